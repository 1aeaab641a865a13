//! The TCP ports that migrations are known to use.
//!
//! A port is a hint, never a proof: 60000 to 60050 and 49152 to 49261 lie within the range from which systems take
//! the ports of ordinary clients.

/// Whose port it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// Proxmox VE's range for QEMU's stream and for NBD.
    Proxmox,
    /// libvirt's range for QEMU's stream, which OpenStack Nova and oVirt use too.
    Libvirt,
    /// libvirt's own connection, through which a migration can be tunnelled.
    LibvirtControl,
    /// VMware vMotion.
    Vmotion,
    /// Xen's relocation port.
    Xen,
    /// Hyper-V live migration over plain TCP.
    HyperV,
    /// SSH.
    Ssh,
}

impl Owner {
    /// The system's name.
    pub(super) fn system(self) -> &'static str {
        match self {
            Self::Proxmox => "proxmox",
            Self::Libvirt | Self::LibvirtControl => "libvirt",
            Self::Vmotion => "vmware",
            Self::Xen => "xen",
            Self::HyperV => "hyper-v",
            Self::Ssh => "ssh",
        }
    }

    /// QEMU's stream is what travels on this port, as it is or within TLS. Its first bytes are known, so that a
    /// connection which begins otherwise is none.
    pub(super) fn carries_qemu(self) -> bool {
        matches!(self, Self::Proxmox | Self::Libvirt | Self::LibvirtControl)
    }
}

/// The owner of a port on which a target listens.
pub(super) fn owner(port: u16) -> Option<Owner> {
    match port {
        22 => Some(Owner::Ssh),
        6600 => Some(Owner::HyperV),
        8000 => Some(Owner::Vmotion),
        8002 => Some(Owner::Xen),
        16509 | 16514 => Some(Owner::LibvirtControl),
        49152..=49261 => Some(Owner::Libvirt),
        60000..=60050 => Some(Owner::Proxmox),
        _ => None,
    }
}
