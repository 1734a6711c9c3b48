/** Under which name a service is looked for. */

/** The host of an authority in lower case, without its port and without the dot of the root (nginx, `$host`). */
export function hostnameOf(authority: string): string {
  // The port is what follows the last colon outside the brackets of an IPv6 address.
  return authority.replace(/\.?(?::\d*)?$/, '').toLowerCase()
}
