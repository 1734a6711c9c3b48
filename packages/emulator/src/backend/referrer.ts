/** Referrer filters: literal texts in which `*` stands for any run of characters within a line. */

/** Whether a filter admits a referrer. The referrer `*` passes every filter; an absent one passes none. */
export function referrerMatches(filter: string, referrer: string | undefined): boolean {
  if (referrer === '*') return true
  if (referrer === undefined) return false
  const pattern = filter.replace(/[\\^$.+?()[\]{}|/-]/g, '\\$&').replaceAll('*', '[^\\n]*')
  return new RegExp(`^${pattern}$`, 'u').test(referrer)
}
