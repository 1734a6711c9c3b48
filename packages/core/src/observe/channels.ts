/** The names of the diagnostics channels. */

/** Subscribe with `node:diagnostics_channel`; nothing is built or published while nobody listens. */
export const CHANNELS = {
  call: 'threescale:call',
  decision: 'threescale:decision',
  cache: 'threescale:cache',
  report: 'threescale:report',
  breaker: 'threescale:breaker',
  loss: 'threescale:loss',
} as const
