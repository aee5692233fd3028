/** The method by which `console.log` of Node shows an object: known by this name everywhere, whether Node is there or not. */
export const inspectCustom: unique symbol = Symbol.for('nodejs.util.inspect.custom')

/** What such a method is given for the values within. */
export type Inspect = (value: unknown, options: object) => string
