/** The routing policy of a product with several backends, as the portal generates it. */
import { describe, expect, it } from 'vitest'
import { readProxyConfig } from '../../../src/configuration/portal/proxy-config.ts'
import { ConfigError } from '../../../src/errors.ts'

const below = (path: string) => `^(${path}/.*|${path}/?)`
const condition = (value: string) => ({ operations: [{ match: 'path', op: 'matches', value }] })
const route = (owner_id: number, value: string) => ({ owner_id, owner_type: 'BackendApi', condition: condition(value) })
const BY_HEADER = { condition: { operations: [{ match: 'header', op: '==', value: 'x', header_name: 'X' }] } }

function product(rules: object[], proxy: object = {}) {
  const routing = { name: 'routing', version: 'builtin', enabled: true, configuration: { rules } }
  return {
    id: 42,
    proxy: {
      policy_chain: [routing, { name: 'apicast' }],
      proxy_rules: [
        { http_method: 'GET', pattern: '/', metric_system_name: 'hits', owner_id: 77, owner_type: 'Proxy' },
        { http_method: 'GET', pattern: '/a/', metric_system_name: 'a', owner_id: 31, owner_type: 'BackendApi' },
      ],
      ...proxy,
    },
  }
}

const read = (document: object, backendApi?: string) =>
  readProxyConfig(document, { providerCredential: true, backendApi })
const backendsOf = (document: object, backendApi?: string) => {
  const { backends, mountPath } = read(document, backendApi).services[0]!
  return { ...backends, ...(mountPath === undefined ? {} : { mountPath }) }
}
function problemsOf(document: object, backendApi?: string): readonly string[] {
  try {
    read(document, backendApi)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('the routing policy', () => {
  it('says which paths are whose', () => {
    const mounts = [
      { backend: '33', path: '/a.b/c' },
      { backend: '31', path: '/a' },
      { backend: '32', path: '/' },
    ]
    const document = product([route(33, below('/a.b/c')), route(31, below('/a')), route(32, '^(/.*)')])
    expect(backendsOf(document)).toEqual({ mounts, elsewhere: 'nothing' })
    expect(read(document).warnings).toEqual([])
    expect(read(document).services[0]!.mappingRules.map(({ backend }) => backend)).toEqual([undefined, '31'])
  })

  it('lets the rules of the product count elsewhere, where the user routes requests', () => {
    expect(backendsOf(product([route(31, below('/a')), BY_HEADER]))).toMatchObject({ elsewhere: 'product' })
    const own = product([route(31, below('/a'))], { api_backend: 'https://private.example.com:443' })
    expect(backendsOf(own)).toMatchObject({ elsewhere: 'everything' })
  })

  it('takes no part behind apicast, or if it is absent', () => {
    const { proxy } = product([route(31, below('/a'))])
    const behind = { id: 42, proxy: { ...proxy, policy_chain: proxy.policy_chain.toReversed() } }
    expect(backendsOf(behind)).toEqual({})
    expect(backendsOf({ id: 42, proxy: { ...proxy, policy_chain: null } })).toEqual({})
  })

  it.each([
    ['a backend by a header', [{ ...BY_HEADER, owner_id: 31, owner_type: 'BackendApi' }], 'rules[0].condition is not'],
    ['a backend by another expression', [route(31, '^/a')], 'rules[0].condition is not'],
    ['a backend by two paths', [route(31, '^(/a/.*|/b/?)')], 'rules[0].condition is not'],
    ['a mount path behind a header', [BY_HEADER, route(31, below('/a'))], 'rules[1].condition is not'],
  ])('cannot be used if it finds %s', (_what, rules, problem) => {
    expect(problemsOf(product(rules as object[])).join()).toContain(`policy_chain[0].configuration.${problem}`)
  })

  it('cannot be used if it stands there twice', () => {
    const { proxy } = product([])
    const [routing, apicast] = proxy.policy_chain
    const twice = { id: 42, proxy: { ...proxy, policy_chain: [routing, routing, apicast] } }
    expect(problemsOf(twice)).toEqual([
      'proxyConfig.proxy.policy_chain[1].name stands there twice; two routings cannot both decide',
    ])
  })
})

describe('a process that is one backend', () => {
  const only = (backend: string) => ({ mounts: [{ backend, path: '/' }], elsewhere: 'nothing' })

  it('is mounted where the document says', () => {
    const document = product([route(32, below('/b')), route(31, below('/a'))])
    expect(backendsOf(document, '31')).toEqual({ ...only('31'), mountPath: '/a' })
    expect(backendsOf(product([route(31, '^(/.*)')]), '31')).toEqual(only('31'))
    expect(backendsOf({ id: 42, proxy: { ...document.proxy, policy_chain: null } }, '31')).toEqual(only('31'))
  })

  it('cannot serve a product without this backend', () => {
    const document = product([route(31, below('/a'))])
    expect(problemsOf(document, '32')).toEqual([
      'proxyConfig.proxy.policy_chain routes no path to the backend that backendApi names',
    ])
    expect(problemsOf({ id: 42, proxy: { ...document.proxy, policy_chain: null } }, '32')).toEqual([
      'proxyConfig.proxy.proxy_rules are for another backend than the one that backendApi names',
    ])
    expect(problemsOf(product([route(31, below('/ü'))]), '31')).toEqual([
      'proxyConfig.proxy.policy_chain has a mount path that needs escapes',
    ])
  })
})
