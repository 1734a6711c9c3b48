/** The control API, as the page calls it. */

/** A resource. @throws Error when the emulator does not answer. */
export async function get(name) {
  const answer = await fetch(`api/${name}`)
  if (!answer.ok) throw new Error(`the emulator answered ${answer.status}`)
  return answer.json()
}

/** Puts a resource. Gives null, or what is wrong: a sentence, and problems with their paths. */
export async function put(name, value) {
  return putText(name, JSON.stringify(value))
}

/** The same for a text that may not be JSON. */
export async function putText(name, body) {
  try {
    const answer = await fetch(`api/${name}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body })
    if (answer.ok) return null
    const { error, problems = [] } = await answer.json()
    return { error, problems }
  } catch {
    return { error: 'the emulator does not answer', problems: [] }
  }
}
