/** CRC-32, which every record carries. Any change of up to 32 neighbouring bits shows. */

const TABLE = new Int32Array(256)
for (let value = 0; value < 256; value++) {
  let rest = value
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1
  TABLE[value] = rest
}

/**
 * The checksum of a part of a file, as a whole number below 2^32.
 *
 * @param offset where the part lies in its file. It is part of the sum, so no record is taken for one at another place.
 */
export function crc32(bytes: Uint8Array, start: number, end: number, offset: number): number {
  let sum = ~(offset | 0)
  for (let at = start; at < end; at++) sum = TABLE[(sum ^ bytes[at]!) & 0xff]! ^ (sum >>> 8)
  return ~sum >>> 0
}
