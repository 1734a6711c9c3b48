/** Tells with whom a caller shares its part of the places for backend calls. */
import type { AuthorizationRequest, AuthorizerOptions } from './authorizer.ts'

/**
 * A known caller shares with none. An unknown one shares with all others of the group that the user names. A name that is
 * no text is none.
 *
 * @param caller the caller's identity as text.
 */
export function shareOf(
  known: boolean,
  caller: string,
  { view }: AuthorizationRequest,
  { fairnessKey }: Pick<AuthorizerOptions, 'fairnessKey'>,
): string {
  if (known || fairnessKey === undefined) return caller
  const group: unknown = fairnessKey(view)
  return typeof group === 'string' ? group : caller
}
