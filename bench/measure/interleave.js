// @ts-check
/** Runs contenders in turns, so that other work on the machine affects all of them alike. */

/**
 * The figures of one run by name; a contender measures itself at each call.
 *
 * @typedef {Record<string, number>} Figures
 * @typedef {{ name: string, measure(seconds: number): Promise<Figures>, warmUp?(seconds: number): Promise<unknown> }} Contender
 * @typedef {Map<string, Figures[]>} Runs
 */

/**
 * Runs A B C, B C A, … after a warm-up of each. Every second round is reversed, so that no contender always runs after
 * the same one.
 *
 * @param {readonly Contender[]} contenders
 * @param {{ rounds: number, seconds: number, warmUpSeconds?: number }} plan
 * @returns {Promise<Runs>}
 */
export async function interleave(contenders, { rounds, seconds, warmUpSeconds = 2 }) {
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
 * One figure of each run.
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
 * One figure of a contender divided by that of another, for each round.
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
