/** Offsets of zone names and numbers, as in Ruby's date parser. */

const hours: Readonly<Record<string, number>> = {
  utc: 0,
  ut: 0,
  gmt: 0,
  z: 0,
  wet: 0,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
  a: 1,
  b: 2,
  c: 3,
  d: 4,
  e: 5,
  f: 6,
  g: 7,
  h: 8,
  i: 9,
  k: 10,
  l: 11,
  m: 12,
  n: -1,
  o: -2,
  p: -3,
  q: -4,
  r: -5,
  s: -6,
  t: -7,
  u: -8,
  v: -9,
  w: -10,
  x: -11,
  y: -12,
  at: -2,
  brst: -2,
  ndt: -2.5,
  art: -3,
  adt: -3,
  brt: -3,
  clst: -3,
  nst: -3.5,
  ast: -4,
  clt: -4,
  akdt: -8,
  ydt: -8,
  akst: -9,
  hadt: -9,
  hdt: -9,
  yst: -9,
  ahst: -10,
  cat: -10,
  hast: -10,
  hst: -10,
  nt: -11,
  idlw: -12,
  eastern: -5,
  central: -6,
  mountain: -7,
  pacific: -8,
  atlantic: -4,
  alaskan: -9,
  hawaiian: -10,
  newfoundland: -3.5,
  bst: 1,
  cet: 1,
  fwt: 1,
  met: 1,
  mewt: 1,
  mez: 1,
  swt: 1,
  wat: 1,
  west: 1,
  cest: 2,
  eet: 2,
  fst: 2,
  mest: 2,
  mesz: 2,
  sast: 2,
  sst: 2,
  bt: 3,
  eat: 3,
  eest: 3,
  msk: 3,
  msd: 4,
  zp4: 4,
  zp5: 5,
  ist: 5.5,
  zp6: 6,
  wast: 2,
  cct: 6.5,
  sgt: 8,
  wadt: 8,
  jst: 9,
  kst: 9,
  east: 10,
  gst: 10,
  eadt: 11,
  idle: 12,
  nzst: 12,
  nzt: 12,
  nzdt: 13,
}

/** Seconds east of UTC, or undefined for an unknown zone. */
export function zoneOffset(zone: string): number | undefined {
  const name = zone.toLowerCase().replace(/\s+/g, ' ').trim()
  const daylight = /^(.+?)(?: (?:standard|daylight) time| dst)$/.exec(name)
  const base = daylight?.[1] ?? name
  const known = hours[base]
  if (known !== undefined) return (known + (daylight && !name.includes('standard') ? 1 : 0)) * 3600
  const number = /^(?:gmt|utc?)?([-+])(.+)$/.exec(base)
  if (!number) return undefined
  const seconds = numericOffset(number[2]!)
  return seconds === undefined ? undefined : number[1] === '-' ? -seconds : seconds
}

function numericOffset(text: string): number | undefined {
  if (text.includes(':')) {
    const [hour = 0, minute = 0, second = 0] = text.split(':').map(Number)
    return hour * 3600 + minute * 60 + second
  }
  if (/[.,]/.test(text)) return Math.round(Number(text.replace(',', '.')) * 3600)
  if (!/^\d+$/.test(text)) return undefined
  const hourSize = 2 - (text.length % 2)
  const part = (from: number) => Number(text.slice(from, from + 2) || 0)
  return Number(text.slice(0, hourSize)) * 3600 + part(hourSize) * 60 + part(hourSize + 2)
}
