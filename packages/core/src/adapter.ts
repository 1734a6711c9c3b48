/** `@threescale/core/adapter`: what adapters of frameworks build on, beside the gateway itself. */
export { DenialError } from './adapter/denial-error.ts'
export { dropParameters, NodeRequestView, strippedParameters, withoutParameters } from './adapter/node-request-view.ts'
export { endUpload, followResponse, isClientGone, responseView } from './adapter/node-response.ts'
export { GATEWAY_BRAND, isGateway } from './gateway/gateway.ts'
export { firstAsked } from './gateway/seen-requests.ts'
export { isPromise } from './primitives/maybe-promise.ts'
