// Payload formats: how a JPEG is carried in RTP packets. Descriptions, packet plans, assemblers and both programs share
// this enum.
#ifndef KIN_PROTO_RTP_PAYLOAD_H
#define KIN_PROTO_RTP_PAYLOAD_H

enum kin_payload_format {
    KIN_PAYLOAD_UNKNOWN,    // not known yet, or none of these
    KIN_PAYLOAD_JPEG,       // RFC 2435; sizes above 2040 pixels are sent as 0 and given in the description
    KIN_PAYLOAD_JPEG_SIZED, // RFC 2435 with the size in the ONVIF extension, for sizes above 2040 pixels
    KIN_PAYLOAD_JPEG_ONVIF, // RFC 2435 with all headers of the original in the ONVIF extension
    KIN_PAYLOAD_XQT,        // QuickTime's: the file, with a description before it (rtpmap X-QT or X-QUICKTIME)
    KIN_PAYLOAD_WHOLE_FILE, // the lab's: the file, in one packet or in chunks, and nothing before it
    KIN_PAYLOAD_COUNT
};

#endif
