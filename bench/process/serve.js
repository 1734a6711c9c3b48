// @ts-check
/** The child's side of a benchmark process: methods that the parent may call, one after the other. */

/**
 * Answers the parent's calls until the parent disconnects.
 *
 * @param {Record<string, (argument: any) => unknown>} methods
 */
export function serve(methods) {
  process.on('message', async (/** @type {{ id: number, method: string, argument: unknown }} */ call) => {
    const method = methods[call.method]
    try {
      if (method === undefined) throw new Error(`no method ${call.method}`)
      process.send?.({ id: call.id, result: await method(call.argument) })
    } catch (error) {
      process.send?.({ id: call.id, problem: error instanceof Error ? error.stack : String(error) })
    }
  })
  process.on('disconnect', () => {
    // The usage of a benchmark is lost on purpose, so gateways have nothing to say about it.
    process.removeAllListeners('exit')
    process.exit()
  })
}

/** CPU time of this process so far in microseconds: all threads, user and system. */
export function cpuMicros() {
  const { user, system } = process.cpuUsage()
  return user + system
}
