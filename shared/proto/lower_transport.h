// What carries RTP: the `lower-transport` of a Transport header (RFC 2326 section 12.39).
#ifndef KIN_PROTO_LOWER_TRANSPORT_H
#define KIN_PROTO_LOWER_TRANSPORT_H

enum kin_lower_transport {
    KIN_LOWER_TRANSPORT_UDP,
    KIN_LOWER_TRANSPORT_TCP, // interleaved with RTSP on its connection (section 10.12)
};

#endif
