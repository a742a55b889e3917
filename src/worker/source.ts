// The worker's program as text. The build inserts it in the browser bundles, the only ones that run in a page.

/** Empty in all other bundles. */
export const WORKER_SOURCE = ''
