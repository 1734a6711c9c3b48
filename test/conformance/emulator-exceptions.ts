/** Recorded steps in which the emulator is known to differ: `scenario#step` (from 0) and why. It should stay empty. */
export const knownExceptions: Readonly<Record<string, string>> = {}
