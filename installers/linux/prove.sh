#!/bin/sh
# Prove a .deb on a bare Debian: prove.sh PACKAGE.deb [FOLDER]     (as root; needs debootstrap and the network)
# Makes a Debian without Python in FOLDER (kept; default: a temporary one), installs the package there, opens the window without
# a display and on a virtual one, does the demo, looks for leftovers after removing it, and prints each step with its result.
set -eu

package=$(realpath "$1")
root=${2:-$(mktemp -d)/bare}
suite=${SUITE:-bookworm}
failed=0

say() { printf '%s\n' "== $*"; }
inside() { chroot "$root" env -i HOME=/home/friend PATH=/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 "$@"; }
as_friend() { inside su friend -c "cd; $*"; }
expect() { # expect NAME COMMAND...
    name=$1
    shift
    if "$@"; then echo "ok      $name"; else echo "FAILED  $name" && failed=1; fi
}

if [ ! -d "$root/usr" ]; then
    say "A bare Debian $suite in $root"
    debootstrap --variant=minbase "$suite" "$root" >/dev/null
fi
mkdir -p "$root/proc" "$root/dev/shm" "$root/dev/pts"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
mountpoint -q "$root/dev/shm" || mount -t tmpfs tmpfs "$root/dev/shm"
mountpoint -q "$root/dev/pts" || mount -t devpts devpts "$root/dev/pts"
trap 'umount "$root/proc" "$root/dev/shm" "$root/dev/pts"' EXIT
inside id friend >/dev/null 2>&1 || inside useradd -m -d /home/friend friend
cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
expect "there is no Python" sh -c "! ls $root/usr/bin/python3* 2>/dev/null"

say "Installing $(basename "$package") ($(du -m "$package" | cut -f1) MB)"
cp "$package" "$root/tmp/ragdesk.deb"
inside apt-get update -qq
inside env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /tmp/ragdesk.deb >/dev/null
inside dpkg-query -W -f 'installed: ${Installed-Size} kB\n' ragdesk
expect "there is still no Python" sh -c "! ls $root/usr/bin/python3* 2>/dev/null"

say "Using it as another user"
expect "ragdesk --version" as_friend "ragdesk --version"
expect "the window without a display" as_friend "ragdesk --selftest"
expect "ragdesk demo" as_friend "ragdesk demo"
expect "adding a file" as_friend "ragdesk add /usr/share/doc/ragdesk/copyright"
inside env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends xvfb xauth desktop-file-utils >/dev/null
expect "the window on a virtual display" as_friend "QT_QPA_PLATFORM=xcb xvfb-run -a ragdesk --selftest"
expect "the menu entry is valid" inside desktop-file-validate /usr/share/applications/ragdesk.desktop

say "Removing it"
inside env DEBIAN_FRONTEND=noninteractive apt-get purge -y -qq ragdesk >/dev/null
expect "nothing is left in the system" sh -c "! find $root/usr $root/opt $root/etc $root/var/lib -path '*/dpkg/*' -prune -o -iname '*ragdesk*' -print | grep ."
expect "the user's library is still there" test -s "$root/home/friend/.local/share/RagDesk/library/library.db"
exit $failed
