/** The form of a request, where it was parsed already or may hold credentials. */
import type { ShownOptions } from '@threescale/core'
import type { HonoRequest } from 'hono'

/** Larger forms, and those that do not tell their length, are not read for a caller who is not known yet. */
const MAX_FORM_BYTES = 65_536

/** Reads through Hono's cache, so that handlers read the same body again. */
export async function formOf(
  request: HonoRequest,
  { credentials }: Pick<ShownOptions, 'credentials'>,
): Promise<FormData | undefined> {
  const { bodyCache } = request
  if (bodyCache.formData === undefined) {
    const inForm = typeof credentials === 'object' && credentials.in.includes('form')
    if (!inForm || !/application\/x-www-form-urlencoded/i.test(request.header('content-type') ?? '')) return undefined
    const length = request.header('content-length')
    if (length === undefined || Number(length) > MAX_FORM_BYTES) return undefined
    await request.parseBody()
  }
  return (await bodyCache.formData) as FormData | undefined
}
