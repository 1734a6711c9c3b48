/** The counters of gateways in the text format of Prometheus. */
import type { GatewayStats, UsageSums } from '../observe/stats.ts'

/** What is rendered of a gateway. */
export interface Measured {
  stats(): GatewayStats
}

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]

interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly samples: (stats: GatewayStats) => readonly Sample[]
}

const BREAKER_STATES = ['closed', 'open', 'half-open']
const STORE_STATES = ['idle', 'shared', 'failing', 'closed']

const FAMILIES: readonly Family[] = [
  {
    name: 'threescale_decisions_total',
    type: 'counter',
    help: 'Decisions about requests; code is empty where a request was allowed or skipped.',
    samples: ({ decisions }) =>
      Object.entries(decisions).map(([name, count]) => [
        name === 'allowed' || name === 'skipped'
          ? { outcome: name === 'allowed' ? 'allow' : 'skip', code: '' }
          : { outcome: 'deny', code: name },
        count,
      ]),
  },
  {
    name: 'threescale_backend_calls_total',
    type: 'counter',
    help: 'Calls to the 3scale backend.',
    samples: ({ calls }) => Object.entries(calls).map(([endpoint, count]) => [{ endpoint }, count]),
  },
  usage('admitted', 'counter', 'Usage of admitted requests.'),
  usage('acknowledged', 'counter', 'Usage that 3scale has queued.'),
  usage('givenUp', 'counter', 'Usage that 3scale will not count, or perhaps not.'),
  usage('pending', 'gauge', 'Usage that waits to be reported.'),
  usage('inFlight', 'gauge', 'Usage in reports that are not answered yet.'),
  usage('ambiguous', 'gauge', 'Usage in reports whose answer was lost.'),
  {
    name: 'threescale_oldest_pending_seconds',
    type: 'gauge',
    help: 'Age of the oldest usage that waits to be reported, up to a minute too high; 0 if none waits.',
    samples: ({ oldestPendingMs = 0 }) => [[{}, oldestPendingMs / 1000]],
  },
  {
    name: 'threescale_applications',
    type: 'gauge',
    help: 'Applications that are remembered.',
    samples: ({ applications }) => [[{}, applications]],
  },
  {
    name: 'threescale_breaker_state',
    type: 'gauge',
    help: 'Whether calls to the 3scale backend are made: 1 for the present state.',
    samples: ({ breaker }) => oneOf(BREAKER_STATES, breaker),
  },
  {
    name: 'threescale_journal_working',
    type: 'gauge',
    help: 'Whether admitted usage is written to the journal.',
    samples: ({ journal }) => (journal === undefined ? [] : [[{}, journal.state === 'working' ? 1 : 0]]),
  },
  {
    name: 'threescale_journal_unwritten_total',
    type: 'counter',
    help: 'Admissions that could not be written to the journal.',
    samples: ({ journal }) => (journal === undefined ? [] : [[{}, journal.unwritten]]),
  },
  {
    name: 'threescale_store_state',
    type: 'gauge',
    help: 'State of the store that processes share: 1 for the present one.',
    samples: ({ store }) => oneOf(STORE_STATES, store?.state),
  },
  {
    name: 'threescale_store_owed',
    type: 'gauge',
    help: 'Admissions that the store has not been told yet.',
    samples: ({ store }) => (store === undefined ? [] : [[{}, store.owed]]),
  },
  {
    name: 'threescale_store_commands_total',
    type: 'counter',
    help: 'Commands sent to the store.',
    samples: ({ store }) => (store === undefined ? [] : [[{}, store.commands]]),
  },
]

/**
 * Renders the counters in the text format of Prometheus, version 0.0.4: `text/plain; version=0.0.4`.
 *
 * @param gateways one gateway, or several by name; a name becomes the label `gateway`.
 */
export function renderMetrics(gateways: Measured | Readonly<Record<string, Measured>>): string {
  const all: readonly (readonly [Labels, GatewayStats])[] = isGateway(gateways)
    ? [[{}, gateways.stats()]]
    : Object.entries(gateways).map(([gateway, measured]) => [{ gateway }, measured.stats()])
  const families = FAMILIES.map(({ name, type, help, samples }) => {
    const lines = all.flatMap(([labels, stats]) => samples(stats).map((sample) => line(name, labels, sample)))
    return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
  })
  return families.join('')
}

function isGateway(gateways: Measured | Readonly<Record<string, Measured>>): gateways is Measured {
  return typeof gateways.stats === 'function'
}

function usage(sum: Exclude<keyof UsageSums, 'shared'>, type: Family['type'], help: string): Family {
  const word = sum.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return {
    name: `threescale_usage_${word}${type === 'counter' ? '_total' : ''}`,
    type,
    help,
    samples: (stats) => Object.entries(stats.usage).map(([metric, sums]) => [{ metric }, sums[sum]]),
  }
}

function oneOf(states: readonly string[], present: string | undefined): readonly Sample[] {
  return present === undefined ? [] : states.map((state) => [{ state }, state === present ? 1 : 0])
}

function line(name: string, shared: Labels, [own, value]: Sample): string {
  const labels = Object.entries({ ...shared, ...own }).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${value}\n`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
