// @ts-check
// What the bundles for Node call Promise: the language's, whatever a program has put in its place.

const Native = /** @type {PromiseConstructor} */ ((async () => {})().constructor)

export { Native as Promise }
