/** The parts of XML that the backend's documents share. */

export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>'

/** Escapes `&`, `<` and `>`; quotes stay. */
export function escapeXml(text: string): string {
  return /[&<>]/.test(text) ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') : text
}

const illegal = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

/** An `<error>` document; characters that XML does not allow become U+FFFD. */
export function errorDocument(code: string, message: string): string {
  return `${xmlDeclaration}<error code="${code}">${escapeXml(message.replace(illegal, '\ufffd'))}</error>`
}
