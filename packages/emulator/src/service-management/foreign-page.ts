/** Whether a request comes from a page of another origin, to which JSON is refused (rack-protection, json_csrf.rb). */
import { type EmulatorRequest, headerOf } from '../http/message.ts'
import { uriHost } from '../ruby/uri-host.ts'

/** True for a Referer of another host, unless the request names its origin or is an XMLHttpRequest. */
export function isFromForeignPage(request: EmulatorRequest): boolean {
  if (headerOf(request, 'x-requested-with') === 'XMLHttpRequest') return false
  if (headerOf(request, 'origin') !== undefined || headerOf(request, 'x-origin') !== undefined) return false
  const host = hostOf(request)
  const referrer = uriHost(headerOf(request, 'referer') ?? '')
  return (referrer === null ? host : referrer) !== host
}

/** The host as the backend sees it; without a Host header its HTTP server assumes localhost. */
function hostOf(request: EmulatorRequest): string {
  const forwarded = headerOf(request, 'x-forwarded-host')
    ?.split(/[,\s]+/)
    .at(-1)
  const authority = forwarded || (headerOf(request, 'host') ?? 'localhost')
  return authority.replace(/^(\[[^\]]*\]|[^[\]]*?):\d+$/, '$1')
}
