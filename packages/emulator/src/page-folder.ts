/** Where the files of the dashboard are. They are served as they were written, so they are no part of `dist/`. */

/** Found from `src/`, `build/` and `dist/` alike, because this file is at the top of each. */
export const pageFolder: URL = new URL('../src/dashboard/page/', import.meta.url)
