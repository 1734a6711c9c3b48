/** A logger for tests that know what would be said. */
import type { Logger } from '@threescale/core'

export const quietLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
