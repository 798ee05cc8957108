/** Whether this is the host of one visit of a user who comes and goes. */
export const isVisit = (host: string): boolean => host.startsWith('visitor')
