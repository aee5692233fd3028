/** A module that tasks name: Node loads it as a file, a browser by its address. */
export const double = (x) => x * 2

export const place = () => (typeof document === 'undefined' && typeof importScripts === 'function' ? 'worker' : 'Node')
