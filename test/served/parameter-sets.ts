/** Route sets whose handlers differ by a parameter in the query or in a form. */
import type { MappingRule } from '@threescale/core'
import type { RouteOfSet, RouteSet, Seen } from './route-set.ts'

type Reading = (values: unknown) => unknown

/**
 * How handlers read a parameter that was repeated. The gateway counts one that was repeated with one value as if it had
 * been given once, so the handlers here read it so, too. For a handler with `===` it is a list, and equals no text.
 */
const READINGS: Readonly<Record<string, Reading>> = {
  only: (values) => once(values),
  loose: (values) => String(once(values)),
  first: (values) => [values].flat(9)[0],
  last: (values) => [values].flat(9).at(-1),
  any: (values) => [values].flat(9).find((value) => value === 'deep') ?? values,
}

const names = Object.keys(READINGS)

export const queries: RouteSet = {
  name: 'query',
  rules: [
    ...names.flatMap((name) => pair('GET', `/q/${name}`)),
    { method: 'GET', pattern: '/present', metric: 'cheap' },
    { method: 'GET', pattern: '/present?debug', metric: 'dear', delta: 5 },
    { method: 'GET', pattern: '/last?kind=deep', metric: 'cheap', last: true },
    { method: 'GET', pattern: '/last', metric: 'dear', delta: 5 },
  ],
  routes: [
    ...names.map((name) => read(`/q/${name}`, 'GET', ({ query }) => READINGS[name]!(query.kind))),
    {
      path: '/present',
      prices: {
        absent: { usage: { cheap: 1 }, plain: { target: '/present' } },
        present: { usage: { cheap: 1, dear: 5 }, plain: { target: '/present?debug=' } },
      },
      tell: ({ query }) => (query.debug === undefined ? 'absent' : 'present'),
    },
    {
      path: '/last',
      prices: {
        'last deep': { usage: { cheap: 1 }, plain: { target: '/last?kind=deep' } },
        'last other': { usage: { dear: 5 }, plain: { target: '/last' } },
      },
      tell: ({ query }) => (once(query.kind) === 'deep' ? 'last deep' : 'last other'),
    },
  ],
}

/**
 * A handler here looks in the form and in the query. One that looks in only one of them is not counted by what it sees
 * if a caller puts the parameter into the other: rules do not say where a parameter belongs.
 */
export const forms: RouteSet = {
  name: 'form',
  rules: ['/f/form', '/f/query', '/f/any'].flatMap((path) => pair('ANY', path)),
  routes: [
    read('/f/form', 'ALL', ({ body, query }) => once(body.kind ?? query.kind)),
    read('/f/query', 'ALL', ({ body, query }) => once(query.kind ?? body.kind)),
    read('/f/any', 'ALL', ({ body, query }) => READINGS.any!([query.kind, body.kind])),
  ],
}

/** The value of a parameter that has only one. */
function once(values: unknown): unknown {
  const different = new Set([values].flat(9))
  return different.size === 1 ? [...different][0] : values
}

function pair(method: string, path: string): MappingRule[] {
  return [
    { method, pattern: path, metric: 'cheap' },
    { method, pattern: `${path}?kind=deep`, metric: 'dear', delta: 5 },
  ]
}

function read(path: string, method: 'GET' | 'ALL', kindOf: (seen: Seen) => unknown): RouteOfSet {
  const deep = method === 'GET' ? { target: `${path}?kind=deep` } : { target: path, method: 'POST', body: 'kind=deep' }
  return {
    path,
    method,
    prices: {
      [path]: { usage: { cheap: 1 }, plain: { target: path } },
      [`${path} deep`]: { usage: { cheap: 1, dear: 5 }, plain: deep },
    },
    tell: (seen) => (kindOf(seen) === 'deep' ? `${path} deep` : path),
  }
}
