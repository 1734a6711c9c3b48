/** The forward proxies that the usual variables name. */
import type { ProxyAddresses } from '../../client/transport/proxy-dispatcher.ts'
import type { Environment } from './environment.ts'

/** A problem begins with the variable's name and quotes no value. */
export function proxiesOf(env: Environment, problems: string[]): ProxyAddresses {
  const all = proxyOf(env, 'all_proxy', problems)
  const except = lowerCaseFirst(env, 'no_proxy')?.value
  return {
    http: proxyOf(env, 'http_proxy', problems) ?? all,
    https: proxyOf(env, 'https_proxy', problems) ?? all,
    // A star among other names means all hosts, too.
    except: except?.split(/[,\s]/).includes('*') ? '*' : except,
  }
}

function proxyOf(env: Environment, name: string, problems: string[]): string | undefined {
  const found = lowerCaseFirst(env, name)
  if (found === undefined) return undefined
  const { variable, value } = found
  const url = URL.canParse(value) ? new URL(value) : undefined
  // The value is not shown, because it may contain a password.
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    problems.push(`${variable} must be an http or https URL such as http://proxy.example:3128`)
  } else if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    problems.push(`${variable} must be a proxy's URL without a path`)
  } else if ((url.username === '') !== (url.password === '') || !isDecodable(url.username + url.password)) {
    problems.push(`${variable} must have a user name and a password, percent-encoded, or neither`)
  } else return value
  return undefined
}

function isDecodable(escaped: string): boolean {
  try {
    decodeURIComponent(escaped)
    return true
  } catch {
    return false
  }
}

function lowerCaseFirst(env: Environment, name: string): { variable: string; value: string } | undefined {
  for (const variable of [name, name.toUpperCase()]) {
    const value = env[variable]
    if (value !== undefined && value !== '') return { variable, value }
  }
  return undefined
}
