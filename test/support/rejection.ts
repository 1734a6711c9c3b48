/** Failures as values, so that a test can look at them. */

/** The reason with which a promise rejects. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => {
      throw new Error('it should have rejected')
    },
    (reason: unknown) => reason,
  )
}
