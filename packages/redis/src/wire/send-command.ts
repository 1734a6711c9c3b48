/** How a client is called. */

/**
 * Sends one command and resolves with its answer: numbers, texts, null, or arrays of them. Rejects with the server's
 * error.
 *
 * @param command name and arguments, `['GET', '{3s1:7:0}:l:x']`.
 * @param key the key that says which node of a Cluster it is for.
 */
export type SendCommand = (command: [name: string, ...args: string[]], key: string) => Promise<unknown>
