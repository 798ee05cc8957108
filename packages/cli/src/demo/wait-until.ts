/** Asks a question again and again until the answer is yes; a machine that is busy gets more time. */
export { waitPatiently as waitUntil } from '@jwp/transport'
