/**
 * Reads the routing policy, which the portal generates for a product with several backends: which paths are whose. Where
 * requests would be sent is of no interest here.
 */
import type { BackendMounts, Mount } from '../../mapping/backend-mounts.ts'
import type { DocumentPart } from './document.ts'
import type { PortalRule, PortalService } from './portal-service.ts'
import { BACKEND_API } from './read-rules.ts'

/** The conditions that porta generates (routing_policy.rb), for a backend at the root and for one below it. */
const ROOT = '^(/.*)'
const BELOW = /^\^\((\/.*[^/])\/\.\*\|\1\/\?\)$/

/**
 * @param policy undefined without the policy: then the rules of all backends count.
 * @param backendApi the id of the backend that the process is; undefined if it is the whole product.
 */
export function readRouting(
  proxy: DocumentPart,
  policy: DocumentPart | undefined,
  rules: readonly PortalRule[],
  backendApi: string | undefined,
): Pick<PortalService, 'backends' | 'mountPath'> {
  const backends = policy && readMounts(proxy, policy)
  if (backendApi === undefined) return { backends, mountPath: undefined }
  const own: BackendMounts = { mounts: [{ backend: backendApi, path: '/' }], elsewhere: 'nothing' }
  if (backends === undefined) {
    const others = rules.filter(({ backend }) => backend !== undefined && backend !== backendApi)
    if (others.length > 0) proxy.problem('proxy_rules', 'are for another backend than the one that backendApi names')
    return { backends: own, mountPath: undefined }
  }
  const path = backends.mounts.find(({ backend }) => backend === backendApi)?.path
  if (path === undefined) proxy.problem('policy_chain', 'routes no path to the backend that backendApi names')
  else if (/[^\w/.~!$&'()*+,;=:@-]/.test(path)) proxy.problem('policy_chain', 'has a mount path that needs escapes')
  return { backends: own, mountPath: path === '/' ? undefined : path }
}

/**
 * Rules of the user stand behind the generated ones. They send paths that no backend has somewhere else, so only the rules
 * of the product count for them, whatever they depend on.
 */
function readMounts(proxy: DocumentPart, policy: DocumentPart): BackendMounts {
  const mounts: Mount[] = []
  let others = false
  for (const rule of policy.part('configuration')?.parts('rules') ?? []) {
    const path = mountPathOf(rule)
    const owned = rule.text('owner_type') === BACKEND_API
    const backend = owned ? rule.textOrInteger('owner_id') : undefined
    if (path !== undefined && !others) mounts.push({ backend, path })
    else if (path !== undefined || owned) rule.problem('condition', 'is not one by which a backend can be found')
    else others = true
  }
  const hasPrivateEndpoint = (proxy.text('api_backend') ?? '') !== ''
  return { mounts, elsewhere: hasPrivateEndpoint ? 'everything' : others ? 'product' : 'nothing' }
}

/** The path of a generated condition; undefined for any other. */
function mountPathOf(rule: DocumentPart): string | undefined {
  const operations = rule.part('condition')?.parts('operations') ?? []
  const [operation] = operations
  if (operation === undefined || operations.length > 1) return undefined
  if (operation.text('match') !== 'path' || operation.text('op') !== 'matches') return undefined
  const value = operation.text('value')
  if (value === ROOT) return '/'
  return BELOW.exec(value ?? '')?.[1]
}
