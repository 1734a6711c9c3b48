/** What adapters of frameworks build on, beside the gateway itself. */
export { DenialError } from './denial-error.ts'
export { isPromise } from './eventual.ts'
export { dropParameters, NodeRequestView, strippedParameters, withoutParameters } from './node-request-view.ts'
export { endUpload, followResponse, isClientGone, responseView } from './node-response.ts'
