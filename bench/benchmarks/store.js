// @ts-check
/**
 * Measures decisions through a real Redis, beside `rate-limit-redis`, and what a store costs where no command is sent.
 *
 * Both go through ioredis as it is, from one process, for 1,000 applications in turn. Theirs is a command a decision,
 * which counts one window by INCR and PTTL. Ours counts three limits and the usage that waits for a report, if 3scale has
 * proved the application. Decisions of one moment share a command: 50 of them with 50 open, 256 with 500.
 */
import { figuresOf, interleave, ratiosOf } from '../measure/interleave.js'
import { row } from '../measure/row.js'
import { median } from '../measure/statistics.js'
import { number, tableOf } from '../measure/table.js'
import { startChild } from '../process/child.js'
import { startRedis } from '../store/redis.js'

const OURS = 'limited, with a store'
const THEIRS = 'rate-limit-redis'

/** What one run of each is compared by. */
const OPEN = [
  { open: 1, cpu: 1.5, perSecond: undefined },
  { open: 50, cpu: 0.85, perSecond: 100_000 },
  { open: 500, cpu: 0.6, perSecond: 100_000 },
]

/** Decisions that no command waits for: [what, settings, with a store]. */
const LOCAL = /** @type {const} */ ([
  ['unlimited', { limitCount: 0 }, 'allow'],
  ['a full limit', { limitCount: 3, limitMax: 1 }, 'deny'],
])

/** @type {import('./index.js').Benchmark} */
export async function store(plan) {
  const server = await startRedis()
  /** @type {import('../process/child.js').Child[]} */
  const children = []
  const contender = async (/** @type {string} */ name, /** @type {object} */ settings, open = [1]) => {
    const child = startChild('store/worker.js')
    children.push(child)
    await child.call('prepare', { wanted: 'allow', ...settings })
    return open.map((count) => ({
      name: nameOf(name, open.length > 1 ? count : undefined),
      async measure(/** @type {number} */ seconds) {
        const before = await server.cpuMicros()
        const { decisions, perSecond, cpuMicros } = await child.call('run', { seconds, open: count })
        return { perSecond, cpuMicros, redisMicros: ((await server.cpuMicros()) - before) / decisions }
      },
    }))
  }
  try {
    const { port } = server
    const counts = OPEN.map(({ open }) => open)
    const contenders = [
      ...(await contender(OURS, { by: 'gateway', port }, counts)),
      ...(await contender(THEIRS, { by: 'limiter', port }, counts)),
    ]
    for (const [name, settings, wanted] of LOCAL) {
      contenders.push(...(await contender(`${name}, with a store`, { by: 'gateway', port, ...settings, wanted })))
      contenders.push(...(await contender(`${name}, without`, { by: 'gateway', ...settings, wanted })))
    }
    const runs = await interleave(contenders, { ...plan, warmUpSeconds: 1 })
    const rows = OPEN.flatMap(({ open, cpu, perSecond }) => [
      row(`decisions through Redis, ${open} open`, figuresOf(runs, nameOf(OURS, open), 'perSecond'), {
        unit: '/s',
        ...(perSecond !== undefined && { min: perSecond }),
      }),
      row(
        `Redis CPU per decision against rate-limit-redis, ${open} open`,
        ratiosOf(runs, nameOf(OURS, open), nameOf(THEIRS, open), 'redisMicros'),
        { unit: 'x', max: cpu },
      ),
    ])
    for (const [name] of LOCAL) {
      rows.push(
        row(
          `own CPU of a decision, ${name}: with a store / without`,
          ratiosOf(runs, `${name}, with a store`, `${name}, without`, 'cpuMicros'),
          { unit: 'x', max: 1.05 },
        ),
      )
    }
    const middle = (/** @type {string} */ name, /** @type {string} */ figure) =>
      number(median(figuresOf(runs, name, figure)))
    const detail = tableOf(
      ['decisions', 'per second', 'Redis CPU us', 'own CPU us'],
      contenders.map(({ name }) => [
        name,
        middle(name, 'perSecond'),
        middle(name, 'redisMicros'),
        middle(name, 'cpuMicros'),
      ]),
    )
    return { rows, detail, runs }
  } finally {
    await Promise.all(children.map((child) => child.stop()))
    await server.stop()
  }
}

/** @param {string} name @param {number | undefined} open */
function nameOf(name, open) {
  return open === undefined ? name : `${name}, ${open} open`
}
