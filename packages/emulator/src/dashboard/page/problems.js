/** What is wrong with something that the emulator refused. */

/** All problems as one text; `refused` as `put` gives it. */
export function describeProblems({ error, problems }) {
  if (problems.length === 0) return error
  return problems.map(({ path, message }) => `${path === '' ? '' : `${path} `}${message}`).join('; ')
}
