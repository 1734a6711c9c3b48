// @ts-check
/** Runs contenders in turns, so that whatever else the machine does falls on all of them alike. */

/**
 * One run's figures by name; a contender measures itself as often as it is asked.
 *
 * @typedef {Record<string, number>} Figures
 * @typedef {{ name: string, measure(seconds: number): Promise<Figures>, warmUp?(seconds: number): Promise<unknown> }} Contender
 * @typedef {Map<string, Figures[]>} Runs
 */

/**
 * A B C, B C A, … after a warm-up of each; every other time round in reverse, so that nobody always runs after the same
 * neighbour.
 *
 * @param {readonly Contender[]} contenders
 * @param {{ rounds: number, seconds: number, warmUpSeconds?: number }} plan
 * @returns {Promise<Runs>}
 */
export async function interleave(contenders, { rounds, seconds, warmUpSeconds = 3 }) {
  for (const { warmUp, measure } of contenders) await (warmUp ?? measure)(warmUpSeconds)
  /** @type {Runs} */
  const runs = new Map(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    const first = round % contenders.length
    const order = [...contenders.slice(first), ...contenders.slice(0, first)]
    if (Math.floor(round / contenders.length) % 2 === 1) order.reverse()
    for (const contender of order) {
      runs.get(contender.name)?.push(await contender.measure(seconds))
    }
  }
  return runs
}

/**
 * A figure of each run.
 *
 * @param {Runs} runs
 * @param {string} name
 * @param {string} figure
 * @returns {number[]}
 */
export function figuresOf(runs, name, figure) {
  return (runs.get(name) ?? []).map((run) => run[figure] ?? Number.NaN)
}

/**
 * A figure of one contender divided by that of another, round by round.
 *
 * @param {Runs} runs
 * @param {string} above
 * @param {string} below
 * @param {string} figure
 */
export function ratiosOf(runs, above, below, figure) {
  const divisors = figuresOf(runs, below, figure)
  return figuresOf(runs, above, figure).map((value, round) => value / (divisors[round] ?? Number.NaN))
}
