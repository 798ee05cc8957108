/** Help texts are wrapped by oclif to the terminal's width; the line breaks of their source must not show. */
export const prose = (text: string): string => text.replace(/([^\n])\n(?!\n)/g, '$1 ')
