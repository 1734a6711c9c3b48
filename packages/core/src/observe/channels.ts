/** The names of the diagnostics channels. */

/** Subscribe with `node:diagnostics_channel`. Without a subscriber no message is made. */
export const CHANNELS = {
  call: 'threescale:call',
  decision: 'threescale:decision',
  cache: 'threescale:cache',
  report: 'threescale:report',
  breaker: 'threescale:breaker',
  loss: 'threescale:loss',
  journal: 'threescale:journal',
  store: 'threescale:store',
  keys: 'threescale:keys',
  configuration: 'threescale:configuration',
} as const
