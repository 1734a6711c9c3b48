/** The host name by which a service is chosen. */

/** The host of an authority in lower case, without its port and without a dot at the end (nginx, `$host`). */
export function hostnameOf(authority: string): string {
  // The port is what follows the last colon outside the brackets of an IPv6 address.
  return authority.replace(/\.?(?::\d*)?$/, '').toLowerCase()
}
