export declare const nothing: () => void
export declare const sleep: (ms: number) => void
export declare const compute: (ms: number) => number
export declare const increment: (x: number) => number
export declare const back: (bytes: Uint8Array) => Uint8Array
export declare const take: (bytes: Uint8Array) => number
export declare const give: (bytes: number) => Uint8Array
