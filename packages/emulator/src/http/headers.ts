/** Header sets of the backend's answers, as recorded. The server adds content-length and connection. */

export type Headers = Readonly<Record<string, string>>

export const xmlType = 'application/vnd.3scale-v2.0+xml'

/** On every answer of the application. */
const cors: Headers = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'ETag, Link, 3scale-rejection-reason',
}
const nosniff: Headers = { 'x-content-type-options': 'nosniff' }
const securityPolicy: Headers = { 'content-security-policy': "default-src 'self'" }

/** 200, 202, 409 and the empty 403. */
export const documentHeaders: Headers = { 'content-type': xmlType, ...cors, ...securityPolicy, ...nosniff }

/** `<error>` documents. */
export const errorHeaders: Headers = { 'content-type': xmlType, ...cors, ...nosniff }

/** No such route. */
export const notFoundHeaders: Headers = { ...documentHeaders, 'x-cascade': 'pass' }

/** Answers of another type than XML. */
export function plainHeaders(contentType: string): Headers {
  return { ...documentHeaders, 'content-type': contentType }
}

/** JSON refused to a page of another origin. */
export const forbiddenHeaders: Headers = { 'content-type': 'text/plain' }

/** OPTIONS on any path. */
export const preflightHeaders: Headers = {
  ...cors,
  ...securityPolicy,
  ...nosniff,
  'access-control-max-age': '86400',
  'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE',
  'access-control-allow-headers':
    'Authorization, Accept-Encoding, Content-Type, Cache-Control, Accept, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since, X-Requested-With, X-HTTP-Method-Override, 3scale-options',
}

/** Parameters that Rack refuses before the application sees them. */
export const htmlErrorHeaders: Headers = {
  'content-type': 'text/html;charset=utf-8',
  'x-xss-protection': '1; mode=block',
  ...nosniff,
  'x-frame-options': 'SAMEORIGIN',
}
