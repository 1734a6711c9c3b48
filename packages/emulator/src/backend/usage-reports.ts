/** What an answer says about a limit: the counter, plus the usage of the call if the call was counted. */
import { amountOf, applyAmount } from '../counting/amount.ts'
import type { Metric } from '../provider/directory.ts'
import type { Call, CountedLimit } from './call.ts'

/** The counter as shown. For an authorised authrep it includes the call's usage of the metric and its descendants. */
export function currentValue(call: Call, authorized: boolean, { limit, counted }: CountedLimit): bigint {
  return authorized && call.counts && call.usage ? addUsage(call, limit.metric, counted) : counted
}

/** The counter after the call's usage of the metric and then of its descendants; names are not trimmed. */
export function addUsage(call: Call, metric: Metric, counter: bigint): bigint {
  let value = applyAmount(amountOf(call.usage?.get(metric.name)), counter)
  for (const descendant of metric.descendants) value = applyAmount(amountOf(call.usage?.get(descendant.name)), value)
  return value
}
