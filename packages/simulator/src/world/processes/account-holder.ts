/** A client that has registered a name, of whichever kind it is. */
import type { ClientProcess } from './client-process.js'

export type AccountHolder = ClientProcess & { readonly secret: string | undefined }
