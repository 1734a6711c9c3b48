/** Recorded steps on which the emulator is known to differ: `scenario#step` (from 0) and why. Meant to be empty. */
export const knownExceptions: Readonly<Record<string, string>> = {}
