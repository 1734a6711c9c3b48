/** Reads the details of a status document from its text. */
import { type Details, NO_DETAILS } from './details.ts'
import { isFixedForm, readFixedForm } from './fixed-form.ts'
import { loadXmlParser, readXml } from './xml-document.ts'

/** What has to be awaited before the details of a document can be read; undefined if nothing. */
export function detailsReady(document: string): Promise<void> | undefined {
  return isFixedForm(document) ? undefined : loadXmlParser()
}

/**
 * Reads a status document without its reason. A document of apisonator is read by its fixed form alone, although it
 * might be well-formed XML: texts that imitate sections are well-formed too. Never throws.
 */
export function readDetails(document: string): Details {
  return isFixedForm(document) ? readFixedForm(document) : (readXml(document) ?? NO_DETAILS)
}
