/** Says which usage 3scale will not count, and why. */
import type { LossMessage, LossReason } from './messages.ts'

/** Metrics that a sentence names; a service may have hundreds. */
const NAMED = 20

export function lossSentence({ kind, reason, usage }: Pick<LossMessage, 'kind' | 'reason' | 'usage'>): string {
  const amounts = Object.entries(usage).map(([metric, amount]) => `${metric} ${amount}`)
  const more = amounts.length > NAMED ? [`${amounts.length - NAMED} more metrics`] : []
  const what = [...amounts.slice(0, NAMED), ...more].join(', ')
  return `${kind === 'given-up' ? 'usage was given up' : 'usage seems lost'}: ${what}; ${BECAUSE[reason]}`
}

const BECAUSE: Readonly<Record<LossReason, string>> = {
  application_gone: '3scale does not know the application any more',
  metric_gone: '3scale does not know the metric any more',
  refused: '3scale refuses the transaction',
  late: 'it is too old for 3scale',
  ambiguous: 'its report had no answer, and it cannot be found out whether it was counted',
  unproven: '3scale never accepted its caller',
  misconfigured: '3scale refuses the settings of the gateway',
  closed: 'the gateway closed before 3scale took it',
  missing: '3scale acknowledged it, but a later answer lacks it',
}
