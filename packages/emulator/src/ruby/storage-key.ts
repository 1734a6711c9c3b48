/**
 * The name under which the backend stores a record: white space becomes `+`, so `a b` and `a+b` are one record
 * (apisonator, lib/3scale/backend/storage_key_helpers.rb).
 */
export function storageKey(name: string): string {
  return /\s/.test(name) ? name.replace(/[ \t\r\n\f\v]/g, '+') : name
}
