export const addOne: (x: number) => number
export const same: <T>(x: T) => T
