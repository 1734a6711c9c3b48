/** Checks the method of a rule. Methods are compared with their case, so `get` would match no request. */

/** Whether requests can have this method; `ANY` is for all. */
export function isRuleMethod(method: unknown): method is string {
  return typeof method === 'string' && /^[A-Z][A-Z0-9-]*$/.test(method)
}

/** What is said of others. */
export const RULE_METHOD_PROBLEM = "must be an HTTP method in upper case, or 'ANY'"
