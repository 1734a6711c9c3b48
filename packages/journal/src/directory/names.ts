/** The names of files and folders in a journal's directory. */

/** A process's folder: sixteen hexadecimal digits, by chance. */
export const OWNER: RegExp = /^[0-9a-f]{16}$/
/** A process's folder that is not ready yet. */
export const UNFINISHED: RegExp = /^new-[0-9a-f]{16}$/
/** A file of records, numbered in the order of their beginning. */
export const SEGMENT: RegExp = /^(\d{1,15})\.usage$/
/** The folder of a dead process inside of that of another, which took it over; the name stands in a record. */
export const INHERITED: RegExp = /^([0-9a-f]{16})\.taken$/
/** The socket that answers as long as the process lives. */
export const LOCK = 'lock'

export const segmentName = (number: number): string => `${number}.usage`
export const inheritedName = (name: string): string => `${name}.taken`
export const unfinishedName = (owner: string): string => `new-${owner}`
