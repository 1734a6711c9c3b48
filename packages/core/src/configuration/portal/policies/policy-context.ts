/** What the reading of a policy may need besides its own configuration. */
import type { DocumentPart } from '../document.ts'

export interface PolicyContext {
  readonly proxy: DocumentPart
  /** Whether an identity provider may be called by plain http on another machine. */
  readonly allowHttpIssuer: boolean
  warn(sentence: string): void
}
