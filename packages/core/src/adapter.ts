/** `@threescale/core/adapter`: what adapters of frameworks build on, beside the gateway itself. */
export { DenialError } from './adapter/denial-error.ts'
export { GATEWAY_BRAND } from './adapter/gateway-brand.ts'
export { type GuardOutcomes, guard } from './adapter/guard.ts'
export { dropParameters, NodeRequestView, strippedParameters, withoutParameters } from './adapter/node-request-view.ts'
export { endUpload } from './adapter/node-response.ts'
export { onDenyProblems } from './adapter/on-deny.ts'
export { isGateway } from './gateway/gateway.ts'
export { isPromise } from './primitives/maybe-promise.ts'
