/** A generator task may be so many parts ahead of its reader, whatever their size, … */
export const windowParts = 64
/** … and so many bytes; but always by one part. */
export const windowBytes = 1_048_576
/** As long as all parts together, at `entryBytes` more for each, take no more, they are kept for the task's end. */
export const wholeBytesMax = 1_048_576
/** Said of parts that nobody will ever ask for: all of them. */
export const everything: number = Number.MAX_SAFE_INTEGER
